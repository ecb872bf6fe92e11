"""The figures that the HENet paper prints."""
