"""What a failed command says, and its exit code."""

FAILURE, USAGE, PARTIAL, UNREACHABLE = 1, 2, 3, 4


class CommandFailed(Exception):
    """A failure that the person at the keyboard can do something about; the message says what."""

    def __init__(self, message: str, code: int = FAILURE) -> None:
        super().__init__(message)
        self.code = code


def explain(error: Exception) -> tuple[str | None, int]:
    """The line to print and the exit code; no line for an error that nobody foresaw."""
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from api.settings import BadSetting, setting_name
    from orchestrator.errors import PitcrewError
    from rag.embedders.weights import DamagedWeights
    from rag.index import IndexUnavailable

    match error:
        case CommandFailed():
            return str(error), error.code
        case BadSetting():
            return str(error), PARTIAL
        case ValidationError() if error.title == "Settings":
            first = error.errors()[0]
            field = str(first["loc"][0])
            name = setting_name(field) if not field.isupper() else field
            own = first["type"] == "value_error"  # pydantic would put "Value error, " before our words
            return f"{name}: {first['ctx']['error'] if own else first['msg']}", PARTIAL
        case IndexUnavailable() | DamagedWeights():
            return str(error), FAILURE
        case PitcrewError():
            return error.text, FAILURE
        case SQLAlchemyError():
            return f"The database cannot be used ({type(error).__name__}): check PITCREW_DATABASE_URL.", FAILURE
        case OSError() if error.strerror:
            return f"{error.filename or 'file'}: {error.strerror}", FAILURE
        case _:
            return None, FAILURE
