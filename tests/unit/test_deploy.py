"""What is deployed with the product, and beside it, is well formed and speaks of what there is. No Docker engine and no
Kubernetes is at hand: files are held against the schemas of both, and against the product."""

import asyncio
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from typer.main import get_command

from api.cli import app
from api.compose.app_state import GAUGES
from api.observability.measured import watch_models
from api.observability.metrics import Metrics
from api.routes import health
from api.settings import Settings, setting_name
from tests.serving import ROOT

NAME = re.compile(r"\bpitcrew_[a-z_]+")
SUFFIX = re.compile(r"_(bucket|sum|count|total)$")


async def known() -> set[str]:
    metrics = Metrics()
    for name, meaning in GAUGES.items():
        metrics.watch(name, meaning, lambda: 0.0)
    watch_models(metrics, [])
    return {one.name for one in metrics.collect()}


def test_dashboard_and_alerts_ask_for_figures_that_there_are() -> None:
    names = asyncio.run(known())
    files = [ROOT / "deploy" / "grafana" / "pitcrew.json", ROOT / "deploy" / "prometheus" / "alerts.yml"]
    for file in files:
        asked = {SUFFIX.sub("", name) for name in NAME.findall(file.read_text(encoding="utf-8"))}
        assert len(asked) > 5
        assert asked <= names, asked - names


DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
MANIFESTS: list[tuple[str, dict[str, Any]]] = [
    (path.name, manifest)
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
RESOURCES = [(name, manifest) for name, manifest in MANIFESTS if manifest["kind"] != "Kustomization"]
CLOSING_S = 10
"""What a server may take beyond its drain time."""


def pods() -> dict[str, dict[str, Any]]:
    """The pods that Kubernetes is told to run, by name."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
        for _, manifest in RESOURCES
        if manifest["kind"] in {"Deployment", "Job"}
    }


def commands() -> Iterator[tuple[str, list[str]]]:
    """What is typed to `pitcrew`, and where it stands."""
    for name, service in COMPOSE["services"].items():
        if service.get("image") == "pitcrew" and "entrypoint" not in service:
            yield f"compose.yaml, {name}", service["command"]
    for name, pod in pods().items():
        for container in pod["containers"]:
            yield f"kubernetes, {name}", container["args"]
    yield "Dockerfile", json.loads(re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.M)[-1])


def test_compose_is_as_its_schema_says() -> None:
    vendored = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    assert list(validator.iter_errors(COMPOSE | {"services": {"gateway": {"imagee": "pitcrew"}}})), "it sees a slip"


@pytest.mark.parametrize(("name", "manifest"), RESOURCES, ids=lambda value: value if isinstance(value, str) else "")
def test_kubernetes_takes_the_manifests(name: str, manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest | {"specc": {}}, kubernetes_validate.latest_version(), strict=True)


def test_every_manifest_is_applied() -> None:
    [kustomization] = [manifest for _, manifest in MANIFESTS if manifest["kind"] == "Kustomization"]
    assert set(kustomization["resources"]) == {name for name, _ in RESOURCES}


@pytest.mark.parametrize(("place", "command"), [*commands()], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_started_is_a_command(place: str, command: list[str]) -> None:
    node: Any = get_command(app).commands[command[0]]  # type: ignore[attr-defined]
    node.make_context(command[0], command[1:], resilient_parsing=False, ignore_unknown_options=False)


def test_settings_that_are_given_are_settings() -> None:
    known = {setting_name(field) for field in Settings.model_fields}
    given = set(COMPOSE["x-pitcrew"]["environment"])
    for _, manifest in RESOURCES:
        given |= set(manifest.get("data", {}))
    for file in ("Dockerfile", "kubernetes/kustomization.yaml"):
        given |= set(re.findall(r"\b((?:PITCREW|OPENAI)_[A-Z_]+)=", (DEPLOY / file).read_text(encoding="utf-8")))
    assert {"PITCREW_DATABASE_URL", "PITCREW_REDIS_URL", "PITCREW_CHROMA_URL", "PITCREW_TRUSTED_PROXIES"} <= given
    assert given <= known, given - known


def test_answers_may_finish_before_a_container_is_killed() -> None:
    drain_s = float(COMPOSE["x-pitcrew"]["environment"]["PITCREW_DRAIN_S"])
    assert int(COMPOSE["x-pitcrew"]["stop_grace_period"].removesuffix("s")) >= drain_s + CLOSING_S
    [settings] = [manifest["data"] for _, manifest in RESOURCES if manifest["kind"] == "ConfigMap"]
    for name in ("gateway", "worker"):
        [container] = pods()[name]["containers"]
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pods()[name]["terminationGracePeriodSeconds"] >= before + float(settings["PITCREW_DRAIN_S"]) + CLOSING_S


def test_nothing_of_ours_runs_as_root_or_could_become_it() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    last = dockerfile.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\d+):\d+$", last, re.M) == ["10001"]
    root = {name for name, service in COMPOSE["services"].items() if str(service.get("user", "")).startswith("0")}
    assert root == {"chroma-folder"}, "which only gives a new volume to its owner"
    for pod in pods().values():
        assert pod["securityContext"]["runAsNonRoot"]
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert container["securityContext"]["readOnlyRootFilesystem"]


def test_probes_ask_what_the_server_answers() -> None:
    [gateway] = pods()["gateway"]["containers"]
    asked = {gateway[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    asked |= set(re.findall(r"127\.0\.0\.1(?::8000)?(/health|/ready)", json.dumps(COMPOSE)))
    assert asked <= {route.path for route in health.router.routes}  # type: ignore[attr-defined]


def test_the_image_is_made_of_the_checkout() -> None:
    """The package's name is somebody else's in the index. What others made comes by its hash, but torch. What is
    copied is there, and all that is needed."""
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    installed = re.findall(r"pip install ([^;&\n]+)", dockerfile)
    assert installed == [
        "--require-hashes --no-deps -r deploy/locks/image.txt",
        '-c constraints.txt torch ${TORCH_INDEX:+--index-url "$TORCH_INDEX"}',
        "--no-deps --no-build-isolation .",
    ]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.M)
    names = {name for line in copied for name in line.split()}
    assert {name for name in names if not (ROOT / name).exists()} == set()
    assert {"api", "orchestrator", "agents", "rag", "migrations", "knowledge_base", "constraints.txt"} <= names
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == names


def test_a_queue_that_grows_makes_more_workers() -> None:
    """By a figure that the server tells."""
    [scaler] = [
        manifest["spec"] for _, manifest in RESOURCES
        if manifest["kind"] == "HorizontalPodAutoscaler" and manifest["metadata"]["name"] == "worker"
    ]  # fmt: skip
    asked = {metric["external"]["metric"]["name"] for metric in scaler["metrics"] if metric["type"] == "External"}
    assert asked == {"pitcrew_runs_waiting"} <= GAUGES.keys()


def test_nginx_passes_sockets_and_streams_on() -> None:
    config = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert config.count("{") == config.count("}")
    for line in (
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_buffering off;",
    ):
        assert line in config
    silence = int(re.findall(r"proxy_read_timeout (\d+)s;", config)[0])
    assert silence > 2 * Settings.model_fields["heartbeat_s"].default
