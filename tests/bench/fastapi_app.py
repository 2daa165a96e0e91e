# SPDX-License-Identifier: Apache-2.0
"""The document that the gateway answers, from memory, as a program in FastAPI has it: what tests/bench/gateway measures
beside it.
"""

import json
import os
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
session = json.loads(Path(os.environ["DOCUMENT"]).read_text(encoding="utf-8"))


@app.get("/core/go/session")
async def go_session():  # a return type would have FastAPI validate each answer
    return session
