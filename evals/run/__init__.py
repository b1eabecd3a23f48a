"""`evals run`: asks cases, judges the answers, judges the judge, and holds both to gates."""
