"""What the sidecar costs, measured on the machine at hand."""
