"""The sections of the page, one file each: from collected data to what stands there."""
