"""The search: run directories, the bridge to Optuna, the pruner, the loop, the winner."""
