"""The diagrams: nightly, ad-hoc, and the CLI."""
