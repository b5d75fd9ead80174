"""What a failed command says, and its exit code."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

FILL = "pitcrew ingest FOLDER, with the folder of your documents (in a checkout: knowledge_base)"
"""How a knowledge base is filled."""
FAILURE, USAGE, PARTIAL, UNREACHABLE = 1, 2, 3, 4


class CommandFailed(Exception):
    """A failure that the person at the keyboard can do something about; the message says what."""

    def __init__(self, message: str, code: int = FAILURE) -> None:
        super().__init__(message)
        self.code = code


def misset(error: "ValidationError") -> dict[str, str]:
    """What is wrong with each setting, by its field."""
    from api.settings import setting_name

    wrong: dict[str, str] = {}
    for problem in error.errors():
        field = str(problem["loc"][0])
        name = setting_name(field) if not field.isupper() else field
        own = problem["type"] == "value_error"  # pydantic would put "Value error, " before our words
        wrong[field] = f"{name}: {problem['ctx']['error'] if own else problem['msg']}"
    return wrong


def explain(error: Exception) -> tuple[str | None, int]:
    """The line to print and the exit code; no line for an error that nobody foresaw."""
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from api.settings import BadSetting
    from orchestrator.errors import PitcrewError
    from rag.embedders.weights import DamagedWeights
    from rag.index import IndexUnavailable

    match error:
        case CommandFailed():
            return str(error), error.code
        case BadSetting():
            return str(error), PARTIAL
        case ValidationError() if error.title == "Settings":
            return next(iter(misset(error).values())), PARTIAL
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
