# SPDX-License-Identifier: Apache-2.0
"""The servers of the end-to-end tests: how each is started, what a wrapped one
is granted, and calls that change nothing outside a workspace.

In arguments "@" at the start stands for the workspace.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass, field

import parts

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44"
    "ae426082")


@dataclass
class Server:
    command: list
    calls: list
    options: list = field(default_factory=list)
    prepare: callable = None
    # Set bare only: what a wrapped run has from its profile.
    bare_env: dict = field(default_factory=dict)
    # Tools that are not called, and why.
    left_out: dict = field(default_factory=dict)


def git_workspace(folder):
    def git(*words):
        subprocess.run(
            ["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@t",
             *words], check=True, capture_output=True)
    git("init", "-q", "-b", "main")
    for who in ("name", "email"):
        git("config", f"user.{who}", "tests")
    with open(os.path.join(folder, "a.txt"), "w", encoding="utf-8") as file:
        file.write("one\n")
    git("add", "a.txt")
    git("commit", "-q", "-m", "first")
    with open(os.path.join(folder, "a.txt"), "w", encoding="utf-8") as file:
        file.write("two\n")


def files_workspace(folder):
    with open(os.path.join(folder, "a.txt"), "w", encoding="utf-8") as file:
        file.write("one\ntwo\nthree\n")
    with open(os.path.join(folder, "p.png"), "wb") as file:
        file.write(PNG)
    os.mkdir(os.path.join(folder, "sub"))


ENTITY = {"name": "x", "entityType": "thing", "observations": ["is x"]}
RELATION = {"from": "x", "to": "x", "relationType": "is"}
TIMES = [
    ("convert_time", {"source_timezone": "Europe/Berlin", "time": "12:30",
                      "target_timezone": "Asia/Tokyo"}),
    ("get_current_time", {"timezone": "Europe/Berlin"}),
    ("get_current_time", {"timezone": "Nowhere/At_all"}),
]
FILESYSTEM = [
    ("list_allowed_directories", {}),
    ("read_text_file", {"path": "@/a.txt", "head": 2}),
    ("list_directory", {"path": "@"}),
    ("read_file", {"path": "@/a.txt"}),
    ("read_media_file", {"path": "@/p.png"}),
    ("read_multiple_files", {"paths": ["@/a.txt", "@/none"]}),
    ("write_file", {"path": "@/b.txt", "content": "b €\n"}),
    ("edit_file", {"path": "@/a.txt", "dryRun": False,
                   "edits": [{"oldText": "two", "newText": "2"}]}),
    ("create_directory", {"path": "@/sub/deeper"}),
    ("list_directory_with_sizes", {"path": "@"}),
    ("directory_tree", {"path": "@"}),
    ("move_file", {"source": "@/b.txt", "destination": "@/sub/c.txt"}),
    ("search_files", {"path": "@", "pattern": "**/*.txt"}),
    ("get_file_info", {"path": "@/a.txt"}),
    ("read_text_file", {"path": "/etc/shadow"}),
]
EVERYTHING = [
    ("echo", {"message": "a \u2028 € 😀"}),
    ("get-sum", {"a": 1.5, "b": 2}),
    ("get-tiny-image", {}),
    ("get-annotated-message", {"messageType": "error", "includeImage": True}),
    ("get-resource-links", {"count": 3}),
    ("get-resource-reference", {"resourceType": "Blob", "resourceId": 2}),
    ("get-structured-content", {"location": "Chicago"}),
    ("gzip-file-as-resource", {"name": "x.gz", "outputType": "resource",
                               "data": "data:text/plain,hello"}),
    ("toggle-simulated-logging", {}),
    ("toggle-subscriber-updates", {}),
    ("trigger-long-running-operation", {"duration": 1, "steps": 2}),
]
MEMORY = [
    ("create_entities", {"entities": [ENTITY]}),
    ("create_relations", {"relations": [RELATION]}),
    ("read_graph", {}),
    ("add_observations", {"observations": [
        {"entityName": "x", "contents": ["is y"]}]}),
    ("search_nodes", {"query": "y"}),
    ("open_nodes", {"names": ["x"]}),
    ("delete_observations", {"deletions": [
        {"entityName": "x", "observations": ["is y"]}]}),
    ("delete_relations", {"relations": [RELATION]}),
    ("delete_entities", {"entityNames": ["x"]}),
    ("read_graph", {}),
]
GIT = [
    ("git_status", {"repo_path": "@"}),
    ("git_diff_unstaged", {"repo_path": "@"}),
    ("git_log", {"repo_path": "@"}),
    ("git_add", {"repo_path": "@", "files": ["a.txt"]}),
    ("git_diff_staged", {"repo_path": "@"}),
    ("git_commit", {"repo_path": "@", "message": "second"}),
    ("git_show", {"repo_path": "@", "revision": "HEAD"}),
    ("git_diff", {"repo_path": "@", "target": "HEAD~1"}),
    ("git_create_branch", {"repo_path": "@", "branch_name": "b"}),
    ("git_checkout", {"repo_path": "@", "branch_name": "b"}),
    ("git_branch", {"repo_path": "@", "branch_type": "local"}),
    ("git_reset", {"repo_path": "@"}),
]
THOUGHT = ("sequentialthinking", {
    "thought": "one", "nextThoughtNeeded": False, "thoughtNumber": 1,
    "totalThoughts": 1})


def tiny_calls():
    return [("add", {"a": 2, "b": 3}), ("read", {"path": "@/none"}),
            ("image", {"bytes": 100000}), ("big_text", {"bytes": 100000}),
            ("echo", {"text": "a\u0000b\u001b"}),
            ("sleep", {"ms": 10}), ("stderr", {"text": "x"}),
            ("write", {"path": "@/t.txt", "text": "x"}),
            ("read", {"path": "@/t.txt"}), ("list", {"path": "@"})]


def table(build):
    tiny = os.path.join(build, "tests", "e2e", "tiny_server")
    npm = {name: [parts.NODE, parts.script("servers", f"server-{name}")]
           for name in ("everything", "memory", "sequential-thinking")}
    return {
        "filesystem": Server(
            [parts.NODE, parts.script("filesystem", "server-filesystem"), "@"],
            FILESYSTEM, ["--rw", "@"], files_workspace),
        "everything": Server(
            npm["everything"] + ["stdio"], EVERYTHING, left_out={
                "get-env": "differs by design",
                "get-roots-list": "there for clients with roots only",
                "simulate-research-query": "a task, which clients refuse"}),
        "memory": Server(
            npm["memory"], MEMORY, ["--profile", "memory"],
            bare_env={"MEMORY_FILE_PATH": "@/memory.jsonl"}),
        "sequential-thinking": Server(npm["sequential-thinking"], [THOUGHT]),
        "git": Server(
            [parts.python("venv/bin/mcp-server-git"), "--repository", "@"],
            GIT, ["--profile", "git", "--rw", "@"], git_workspace),
        "time": Server([parts.python("venv/bin/mcp-server-time")], TIMES),
        "time-uv-tool": Server([parts.python("bin/mcp-server-time")], TIMES),
        "time-uv-run": Server(
            [parts.UV, "run", "--offline", "--frozen", "--no-sync",
             "--project", parts.python("project"), "mcp-server-time"], TIMES),
        "compiled": Server(
            [tiny], tiny_calls(), ["--rw", "@"], left_out={
                "crash": "ends the server", "exit": "ends the server",
                "noise": "prints no message",
                "connect": "differs by design",
                "environment": "differs by design",
                "whoami": "differs by design"}),
    }


def fill(value, workspace):
    """The value with the workspace for "@" wherever a string begins so."""
    if isinstance(value, str):
        return workspace + value[1:] if value.startswith("@") and (
            len(value) == 1 or value[1] == "/") else value
    if isinstance(value, dict):
        return {k: fill(v, workspace) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(v, workspace) for v in value]
    return value


def make_workspace(server, folder):
    """The workspace as new, under the same path each time."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    if server.prepare:
        server.prepare(folder)
