"""What can happen: commands, events, state; `decide` and `evolve`. Pure: no database, no clock, no framework."""
