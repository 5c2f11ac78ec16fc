"""Where trainings run: one file per engine, all behind the contract of `tuner.engine`."""
