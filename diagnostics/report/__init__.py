"""Reports: one file per form in which a checkup can be shown."""
