"""Name and version of this package."""

#: Name on the package index, where ``tunekit`` is another project.
DISTRIBUTION = "tunekit-hpo"

VERSION = "0.1.0"
