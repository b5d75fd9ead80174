"""The settings: the only reader of the environment and of `.env`. Every field's description is its documentation."""

from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.accounting.prices import parse_prices
from orchestrator.staff.opening_hours import parse_opening_hours

LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOCAL_NAMES = LOOPBACK | {"localhost"}
"""Host names by which a person at this machine asks. A request from here by another name came through a proxy, or from
a page whose name was made to point here."""

_POSTGRESQL = "postgresql+psycopg"
SECRET_BYTES = 32
"""The shortest HS256 secret that a production server accepts (RFC 7518, section 3.2)."""


LIFETIME_S = 30 * 24 * 3600
"""The longest that a token lasts, unless a setting says otherwise."""

MOST_DAYS = 36_500


class Settings(BaseSettings):
    """Everything that can be set. Unset, Pitcrew runs embedded, for development, without a model key."""

    model_config = SettingsConfigDict(env_prefix="PITCREW_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="Where the database, the indexes and the development secret live.")
    database_url: str = Field(
        "",
        description="URL of the database, such as `postgresql://user:password@host/pitcrew`. Empty: SQLite in the data "
        "directory.",
    )
    redis_url: str = Field(
        "",
        description="URL of a Redis, such as `redis://host:6379`, by which several servers hear each other and count "
        "what users ask for. Empty: there is one server.",
    )
    chroma_url: str = Field("", description="Address of a Chroma server. Empty: embedded in the data directory.")
    knowledge_dir: Path = Field(Path("knowledge_base"), description="The folder of documents that `make run` ingests.")
    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses to start without a strong secret and hides test page and development token.",
    )
    jwt_secret: SecretStr = Field(SecretStr(""), description="HS256 secret of at least 32 bytes that signs tokens.")
    jwt_public_key: str = Field("", description="RS256 public key (PEM) that verifies tokens, instead of a secret.")
    jwt_jwks_url: str = Field(
        "",
        description="Where the issuer publishes its keys (JWKS), instead of a secret or one key; new ones are fetched "
        "when a token names them.",
    )
    jwt_issuer: str = Field(
        "", description="Required `iss` of tokens. Empty: not checked; in production that takes the word `off`."
    )
    jwt_audience: str = Field(
        "", description="Required `aud` of tokens. Empty: not checked; in production that takes the word `off`."
    )
    jwt_lifetime_s: int = Field(
        LIFETIME_S, ge=1, description="Seconds that a token may still last when it is shown; a longer one is refused."
    )
    jwt_type: str = Field("", description="Required `typ` header of tokens, such as `at+jwt`. Empty: not checked.")
    allowed_origins: str = Field(
        "", description="Origins that may open sockets, comma-separated, exact. In development localhost is added."
    )
    rate_limits: Literal["on", "off"] = Field(
        "on",
        description="`off` lifts the rates of messages and frames and the sockets per user, never the sizes; "
        "refused in production.",
    )
    guests: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether clients without a token are let in, as guests, on the dialects that have guests. `auto`: "
        "in development, where the server listens on this machine only. `on` is refused in production.",
    )
    api_reference: Literal["auto", "on", "off"] = Field(
        "auto", description="Whether `/docs` and `/openapi.json` are served. `auto`: in development."
    )
    sockets: int = Field(10_000, ge=1, description="Sockets at a time; a handshake beyond it gets HTTP 503.")
    sockets_per_address: int = Field(
        200,
        ge=1,
        description="Connections and sockets of one network address at a time; a further one gets HTTP 429. Raise it "
        "where many customers share an address.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of the proxies in front, comma-separated, such as `127.0.0.1, 10.0.0.0/8`: "
        "only what comes from there is believed when it says `X-Forwarded-For` or `X-Forwarded-Proto`. Behind a proxy "
        "set it, or all customers share one address.",
    )
    heartbeat_s: int = Field(
        20, ge=1, description="Seconds between the server's pings; a peer that answers none is gone after twice that."
    )
    drain_s: float = Field(30.0, ge=0, description="Seconds that running answers get when the server stops.")
    models: str = Field(
        "deepseek:deepseek-chat,openai:gpt-5-mini,openrouter:openai/gpt-5-mini,gemini:gemini-2.5-flash",
        description="Models in order, `provider:name`; the first that has its key leads, the rest are fallbacks. "
        "`ollama:name` and `local:name`, on this machine, want no key.",
    )
    embedding_model: str = Field(
        "", description="Folder of a sentence-transformers model. Empty: the packaged all-MiniLM-L6-v2."
    )
    reranker_model: str = Field(
        "",
        description="Folder of a sentence-transformers cross-encoder with one score, to read the first passages again; "
        "none by default.",
    )
    first_token_s: float = Field(
        20.0,
        gt=0,
        description="Seconds that a model may take to begin its answer. Where one is on this machine, which may "
        "have to load it, 60 unless this is set.",
    )
    token_gap_s: float = Field(15.0, gt=0, description="Seconds of silence after which a model's answer has stalled.")
    answer_tokens: int = Field(4096, gt=0, description="The longest answer of a model, in tokens.")
    model_traces: bool = Field(
        False,
        description="`true`: a model's answers are streamed by LangChain's classes, so that LangSmith and other "
        "listeners of its callbacks see them. To read a stream so takes the processor five times as long.",
    )
    graph_events: bool = Field(
        False,
        description="`true`: the graph is read by LangGraph's `stream_events` in its third version, which LangGraph "
        "calls experimental. The answers are the same; a turn takes the processor a millisecond more.",
    )
    traces_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Where traces of runs are sent by OTLP over HTTP, such as `http://127.0.0.1:4318`. Empty: nowhere. "
        "Needs `pip install '.[traces]'` in Pitcrew's folder.",
    )
    traces_content: bool = Field(
        False,
        description="`true`: what customers, models and tools say stands in the traces as well, up to 8,192 characters "
        "each.",
    )
    time_zone: str = Field(
        "UTC", description="The time zone of customers who have not said theirs (IANA, such as `Europe/Dublin`)."
    )
    opening_hours: str = Field(
        "",
        description="When the staff is there, in `PITCREW_TIME_ZONE`, such as `Mon-Fri 09:00-17:00, Sat 10:00-13:00`. "
        "Empty: at any time.",
    )
    staff_reach: str = Field(
        "",
        max_length=200,
        description="How customers are answered where nobody of the staff is there, such as `by e-mail`. Empty: in the "
        "conversation.",
    )
    webhook_url: str = Field(
        "", description="Where hand-overs, ratings and closed conversations are told, by POST. Empty: nowhere."
    )
    webhook_secret: SecretStr = Field(SecretStr(""), description="With which what is told there is signed.")
    audit_key: SecretStr = Field(
        SecretStr(""),
        description="With which users are made unreadable in the audit log. Empty: with a key of the database's own, "
        "which whoever has all of the database has as well. Another key later finds nobody of before.",
    )
    keep_conversations_days: int = Field(
        0,
        ge=0,
        le=MOST_DAYS,
        description="Days after its last event that a conversation is kept, with all in it. 0: until it is deleted.",
    )
    keep_appointments_days: int = Field(
        0, ge=0, le=MOST_DAYS, description="Days after its time that an appointment is kept. 0: for ever."
    )
    keep_ledger_days: int = Field(
        0, ge=0, le=MOST_DAYS, description="Days that the ledger knows who a run was for. 0: until they are erased."
    )
    keep_deliveries_days: int = Field(
        0, ge=0, le=MOST_DAYS, description="Days that a webhook is kept that was delivered or given up. 0: for ever."
    )
    run_s: float = Field(120.0, gt=0, description="Seconds that a whole answer may take.")
    steps: int = Field(25, gt=0, description="Steps of the graph that an answer may take.")
    runs: int = Field(256, gt=0, description="Answers in progress at a time; beyond it messages are `OVERLOADED`.")
    prices: str = Field(
        "",
        description="What a million tokens cost, comma-separated: `provider:model=input/cached/output`, as in "
        "`openai:gpt-5-mini=0.25/0.025/2.00`. The cost of models without a price is not known.",
    )
    currency: str = Field("USD", min_length=1, max_length=16, description="The currency of the prices.")
    run_tokens: int = Field(
        60_000,
        ge=0,
        description="Tokens, in and out, after which an answer is brought to its end. 0: no limit.",
    )
    user_day_tokens: int = Field(
        400_000,
        ge=0,
        description="Tokens of a user on one day (UTC), after which no model is asked for them until the next: the "
        "offline answerer goes on. 0: no limit.",
    )
    user_day_cost: Decimal = Field(
        Decimal(0), ge=0, description="The same for what these tokens cost, in the currency. 0: no limit."
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="OPENAI_API_KEY", description="Key of OpenAI or any compatible server."
    )
    openai_base_url: str = Field(
        "", validation_alias="OPENAI_BASE_URL", description="Address of an OpenAI-compatible server, ending in `/v1`."
    )
    ollama_base_url: str = Field(
        "",
        validation_alias="OLLAMA_BASE_URL",
        description="Address of Ollama, ending in `/v1`. Empty: on this machine.",
    )
    local_base_url: str = Field(
        "",
        description="Address of another OpenAI-compatible server on this machine that wants no key, ending in `/v1`: "
        "its models are `local:name`.",
    )
    model_servers: str = Field(
        "http://127.0.0.1:11434/v1,http://127.0.0.1:1234/v1,http://127.0.0.1:8080/v1,http://127.0.0.1:8000/v1",
        description="Where `pitcrew doctor`, and `pitcrew serve` without a model, look for a model server on this "
        "machine, to say so and no more. Empty: nowhere.",
    )
    openrouter_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="OPENROUTER_API_KEY", description="Key of OpenRouter."
    )
    deepseek_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="DEEPSEEK_API_KEY", description="Key of DeepSeek."
    )
    gemini_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        description="Key of Gemini.",
    )

    @field_validator("prices")
    @classmethod
    def _readable(cls, prices: str) -> str:
        try:
            parse_prices(prices)
        except ValueError as error:
            raise PydanticCustomError("prices", "{problem}.", {"problem": str(error)}) from error
        return prices

    @field_validator("opening_hours")
    @classmethod
    def _hours(cls, hours: str) -> str:
        parse_opening_hours(hours)
        return hours

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, listed: str) -> str:
        for name in filter(None, (name.strip() for name in listed.split(","))):
            try:
                ip_network(name)
            except ValueError as error:
                raise ValueError(f"{name!r} is neither an address nor a network; one is 10.0.0.0/8") from error
        return listed

    @field_validator("data_dir", "knowledge_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @field_validator("time_zone")
    @classmethod
    def _check_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:  # a name that is not known is a KeyError
            raise ValueError(f"there is no time zone {name!r}; one is Europe/Dublin") from error
        return name

    def on(self, host: str) -> "Settings":
        """These settings for a server that listens on `host` ("" where that is not known), with `guests` decided."""
        if self.guests != "auto":
            return self
        return self.model_copy(update={"guests": "on" if host in LOCAL_NAMES and not self.production else "off"})

    @property
    def sql_url(self) -> str:
        """For SQLAlchemy; a URL of PostgreSQL as others write it names the driver as well."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'pitcrew.db'}"
        scheme, _, place = self.database_url.partition("://")
        return f"{_POSTGRESQL}://{place}" if scheme in ("postgres", "postgresql") else self.database_url

    @property
    def embedded_sql(self) -> bool:
        return self.sql_url.startswith("sqlite")

    @property
    def clustered(self) -> bool:
        """Whether nothing is embedded, so that servers hold sockets, and workers beside them answer."""
        return bool(not self.embedded_sql and self.redis_url and self.chroma_url)

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def origins(self) -> frozenset[str]:
        return frozenset(filter(None, (origin.strip() for origin in self.allowed_origins.split(","))))

    @property
    def provider_keys(self) -> dict[str, str]:
        """Key by provider name; empty where none is set."""
        return {
            "deepseek": self.deepseek_api_key.get_secret_value(),
            "openai": self.openai_api_key.get_secret_value(),
            "openrouter": self.openrouter_api_key.get_secret_value(),
            "gemini": self.gemini_api_key.get_secret_value(),
        }

    @property
    def provider_addresses(self) -> dict[str, str]:
        """Address by provider name, of those that can have another than their own; empty where none is set."""
        return {"openai": self.openai_base_url, "ollama": self.ollama_base_url, "local": self.local_base_url}


class BadSetting(Exception):
    """A setting that keeps the server from starting; the message names it and says what to do."""


def setting_name(field: str) -> str:
    """The environment variable of a settings field."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return str(alias) if alias else f"PITCREW_{field.upper()}"
