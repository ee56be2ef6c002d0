"""What is said in two places says the same: queues, settings, processes, tables, version, docs."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import MetaData

import celeryconfig
from parley.main import COMMANDS, main
from pipeline import records
from pipeline.botkit import Bot, Tester
from pipeline.database import Database
from pipeline.records import Record, schema, upgrading
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
FIELDS = Settings.complete().model_fields
PROCESSES = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
README = (ROOT / "README.md").read_text("utf-8")


def test_procfile_reads_every_queue_once() -> None:
    lines = "\n".join(PROCESSES.values())
    routed = sorted({route["queue"] for route in celeryconfig.task_routes.values()})
    assert sorted(re.findall(r"--queues (\S+)", lines)) == routed


def test_every_line_of_the_procfile_is_one_plain_command() -> None:
    assert list(PROCESSES) == ["release", "web", "converse", "dispatch", "clock"]
    assert [line for line in PROCESSES.values() if re.search(r"[$|&;<>`'\"]", line)] == []


def test_compose_runs_the_commands_of_the_procfile() -> None:
    text = (ROOT / "compose.yaml").read_text()
    services = re.findall(r"^  (\w+):\n    <<: \*parley\n    command: (.+)$", text, re.MULTILINE)
    assert dict(services) == PROCESSES


def test_image_starts_the_web_process() -> None:
    words = ", ".join(f'"{word}"' for word in PROCESSES["web"].split())
    assert f"CMD [{words}]" in (ROOT / "Dockerfile").read_text()


def test_env_example_shows_every_setting_and_default() -> None:
    text = (ROOT / ".env.example").read_text()
    shown = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert shown == {name.upper(): default(name) for name in FIELDS}
    for field in FIELDS.values():
        assert f"# {field.description}" in text


def default(name: str) -> str:
    value = FIELDS[name].default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_settings_page_names_every_setting() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in FIELDS if f"`{name.upper()}`" not in page] == []


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory.from_config(upgrading.configuration())
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert schema.head() == scripts.get_current_head()


def is_of_a_model(_: object, name: str | None, *__: object) -> bool:
    """What the search looks in is made by a migration alone: each database has its own."""
    return not re.match(r"(ix_)?(message|contact)_words", name or "")


@pytest.mark.own_database
def test_migrations_make_the_tables_of_the_models(database: Database) -> None:
    with database.write() as connection:
        existing = MetaData()
        existing.reflect(connection)
        existing.drop_all(connection)
        upgrading.upgrade(connection)
        options = {"compare_type": True, "include_object": is_of_a_model}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Record.metadata) == []


def test_every_table_module_is_imported_with_the_records() -> None:
    files = (ROOT / "pipeline" / "records").rglob("[a-z]*.py")
    tables = {path.stem for path in files if "(Record):" in path.read_text("utf-8")}
    assert tables - set(records.__all__) == set()


def test_version_is_the_newest_in_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    released = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert released[0] == project["version"]


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony
    assert set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)) == set(phony[1].split())


def test_commands_in_the_readme_exist() -> None:
    pages = [README, *(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))]
    used = {words for page in pages for words in re.findall(r"parley ([a-z]+)", code_of(page))}
    assert used - set(COMMANDS) == set()
    targets = {word for page in pages for word in re.findall(r"make ([a-z]+)", code_of(page))}
    assert [word for word in targets if f"\n{word}:" not in (ROOT / "Makefile").read_text()] == []


def code_of(page: str) -> str:
    return "\n".join(re.findall(r"`+[^`]+`+", page))


def test_every_command_shows_an_example() -> None:
    lacking = [command.name for command in leaves(main) if "Example" not in (command.epilog or "")]
    assert lacking == []


def leaves(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return [command]
    context = click.Context(command)
    children = [command.get_command(context, name) for name in command.list_commands(context)]
    return [leaf for child in children if child for leaf in leaves(child)]


def test_bot_of_the_readme_runs() -> None:
    code = re.search(r"```python\n(.+?)```", README, re.DOTALL)
    assert code
    names: dict[str, object] = {}
    exec(compile(code[1], "README.md", "exec"), names)  # noqa: S102 (the README's own code)
    bot = names["bot"]
    assert isinstance(bot, Bot)
    assert bot.check() == []
    tester = Tester(bot).hears("hi").says("Hi! How can we help?…").in_state("welcome")
    tester.hears("1").says("What is your name?").in_state("name")
    tester.hears("Ada").says("Thanks, Ada. You're signed up.").in_state("welcome")
    tester.has_data(name="Ada").hears("hello").says("Hi! How can we help?…")
    tester.taps("person").handed_over("asked for a person")


def test_example_of_the_bots_page_passes() -> None:
    code = re.search(r"```python\n(.+?)```", (ROOT / "docs" / "bots.md").read_text(), re.DOTALL)
    assert code
    exec(compile(code[1], "docs/bots.md", "exec"), {})  # noqa: S102 (our own page's code)


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_links_to_headings_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}#{anchor}"
        for page in pages
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8"))
        if anchor not in anchors_of(page.parent / target if target else page)
    ]
    assert broken == []


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
