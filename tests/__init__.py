"""The tests of tunekit.

They are a package so that worker processes can import what test modules define. Without this
file, a package ``tests`` that some library installs would be found instead.
"""
