"""What every package needs: records, processes, fingerprints, secrets and heavy libraries."""
