"""What maintains this repository: notebooks, studies, tables, figures; `python -m tools`."""
