"""The one error that evals raises for what a user can set right."""

from vectorstore.errors import QuothError


class EvalError(QuothError):
    """An input that cannot be measured with; the message says what was found and expected."""
