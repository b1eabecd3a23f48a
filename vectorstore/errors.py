"""What can go wrong in words a user can act on; turned into text only at the edge."""


class QuothError(Exception):
    """A stated failure: the message says what was found, what was expected, and what to do."""


class LibraryError(QuothError):
    """A library that cannot be opened, read or written."""


class EmbeddingError(QuothError):
    """An embedding model that cannot be loaded or asked."""


class QuestionError(QuothError):
    """A question, or a filter on it, that cannot be used."""


class FetchError(QuothError):
    """A service on the network that could not be reached, or did not answer as it should."""


class EngineError(QuothError):
    """A cluster that cannot be used, or that lost the same work again and again."""
