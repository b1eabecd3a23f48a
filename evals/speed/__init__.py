"""`bench speed` and `bench embedding`: time, memory and disk, as ratios taken in one run."""
