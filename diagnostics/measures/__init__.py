"""What a pass over a data set counts, one file per measure; several rules may share one."""
