"""The fake Twilio as an object: its routes, its faults, and a thread with an event loop."""

import asyncio
import base64
import threading
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from proving.faults.fake_twilio.callbacks import CallbackPlan, Callbacks
from proving.faults.fake_twilio.contents import Contents, Problem
from proving.faults.fake_twilio.knobs import Knob, Knobs
from proving.faults.fake_twilio.messages import Create, Messages
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN
from proving.faults.fake_twilio.wire import Answer, Connection, Request

_BASE = "/2010-04-01/Accounts/"
_CONTENT = "/v1/Content"


class FakeTwilio:
    """Twilio's Messages API for one account, on a port of this machine."""

    def __init__(self, *, port: int = 0, account: str = ACCOUNT, token: str = TOKEN) -> None:
        self.account, self.token, self.port = account, token, port
        self.knobs = Knobs()
        self.messages = Messages()
        self.contents = Contents()
        self.callbacks = Callbacks(CallbackPlan(token=token))
        # What GET answers at a path, and who asked: the files that came with messages.
        self.files: dict[str, Answer] = {}
        self.file_requests: list[Request] = []
        pair = base64.b64encode(f"{account}:{token}".encode()).decode()
        self._authorization = f"Basic {pair}"
        self._ready = threading.Event()
        self.connections = 0
        self._open: set[Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """What TWILIO_API_BASE_URL is to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def creates(self) -> list[Create]:
        """Every create call so far, refused ones too."""
        return list(self.messages.creates)

    def turn(self, **knob: Any) -> None:
        """Order a fault; see Knob for the words."""
        self.knobs.ordered.append(Knob(**knob))

    def plan(self, **callbacks: Any) -> None:
        """Order status callbacks for the messages to come; see CallbackPlan for the words."""
        self.callbacks.close()
        plan = CallbackPlan(**{"token": self.token} | callbacks)
        self.callbacks = Callbacks(plan, self.callbacks.sent)

    def add_inbound(
        self,
        fields: Mapping[str, str],
        *,
        media: tuple[str, ...] = (),
        sent_at: datetime | None = None,
    ) -> str:
        """A message from a contact that is in the list; its sid."""
        message = self.messages.add_inbound(self.account, fields, media=media, sent_at=sent_at)
        return str(message["sid"])

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=asyncio.run, args=(self.serve(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop
        assert self._stop
        assert self._thread
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        self.callbacks.close()

    async def serve(self) -> None:
        """Answer until stopped."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._connect, "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(self._open):
            connection.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connect(self) -> Connection:
        self.connections += 1
        return Connection(self._answer, self._open)

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/_control/"):
            return self._control(request)
        if request.path in self.files:
            return self._file(request)
        if request.headers.get("authorization") != self._authorization:
            return refused(401, 20003, "Authenticate")
        if request.path == _CONTENT:
            return self._content(request)
        account, _, rest = request.path.removeprefix(_BASE).partition("/")
        if not request.path.startswith(_BASE) or account.removesuffix(".json") != self.account:
            return refused(404, 20404, f"The requested resource {request.path} was not found")
        if request.method == "POST" and rest == "Messages.json":
            return self._create(request)
        return self._read(request, rest)

    def _file(self, request: Request) -> Answer:
        """As at Twilio: the API asks for the password, the file host refuses one."""
        self.file_requests.append(request)
        is_known = request.headers.get("authorization") == self._authorization
        if is_known != request.path.startswith(_BASE):
            return refused(401, 20003, "Authenticate")
        return self.files[request.path]

    def _content(self, request: Request) -> Answer:
        knob = self.knobs.pick("", "", on="content") or Knob()
        if answer := _fault(knob):
            return answer
        is_new = request.method == "POST"
        answer = self.contents.create(request) if is_new else self.contents.page(request.query)
        answer.delay_seconds = knob.latency_seconds
        return answer

    def _read(self, request: Request, rest: str) -> Answer:
        if not rest:
            return Answer(body={"sid": self.account, "status": "active", "friendly_name": "Fake"})
        if rest == "Messages.json":
            return Answer(body=self.messages.page(request.path, request.query))
        if rest.endswith("/Media.json"):
            return Answer(body=self.messages.media_page(request.path, rest.split("/")[1]))
        return refused(404, 20404, f"The requested resource {request.path} was not found")

    def _create(self, request: Request) -> Answer:
        form = request.form()
        to, sender = form.get("To", [""])[0], form.get("From", [""])[0]
        knob = self.knobs.pick(to, sender) or Knob()
        if answer := _fault(knob):
            self.messages.record(form, sid="", answer=str(answer.status or "reset"))
            return answer
        if not to:
            self.messages.record(form, sid="", answer="400")
            return refused(400, 21604, "A 'To' phone number is required.")
        body = self.contents.body(form) if "ContentSid" in form else form.get("Body", [""])[0]
        if isinstance(body, Problem):
            self.messages.record(form, sid="", answer="400")
            return refused(400, body.code, body.message)
        message = self._new_message(form, body)
        self.messages.record(form, sid=message["sid"], answer=knob.after_create or "201")
        answer = _after_create(knob, message)
        answer.wait_for = self._follow(message, form.get("StatusCallback", [""])[0])
        return answer

    def _new_message(self, form: dict[str, list[str]], body: str) -> dict[str, Any]:
        return self.messages.add(
            self.account,
            {
                "to": form["To"][0],
                "from": form.get("From", [None])[0],
                "body": body,
                "num_media": str(len(form.get("MediaUrl", []))),
                "messaging_service_sid": form.get("MessagingServiceSid", [None])[0],
            },
        )

    def _follow(self, message: dict[str, Any], url: str) -> asyncio.Future[Any] | None:
        if not (url and self.callbacks.plan.statuses):
            return None
        started = self.callbacks.follow(message, url)
        if not self.callbacks.plan.is_early:
            return None
        return asyncio.gather(*(asyncio.wrap_future(future) for future in started))

    def _control(self, request: Request) -> Answer:
        """What the API under /_control/ does; a test in this process uses the object itself."""
        topic = request.path.removeprefix("/_control/")
        if request.method == "GET":
            return self._tell(topic)
        if request.method == "DELETE":
            {"messages": self.messages.clear, "knobs": self.knobs.ordered.clear}[topic]()
        elif topic == "knobs":
            self.knobs.ordered += [Knob.from_json(item) for item in request.json()]
        elif topic == "callbacks":
            self.plan(**request.json())
        elif topic == "inbound":
            return Answer(201, {"sid": self.add_inbound(request.json())})
        return Answer(body={})

    def _tell(self, topic: str) -> Answer:
        match topic:
            case "messages":
                return Answer(body=[asdict(create) for create in self.messages.creates])
            case "count":
                return Answer(body={"creates": len(self.messages.creates)})
            case "callbacks":
                return Answer(body=[asdict(sent) for sent in self.callbacks.sent])
            case _:
                return Answer(404, {"message": "no such control"})


def refused(status: int, code: int, message: str, **headers: str) -> Answer:
    """An answer in Twilio's error format."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return Answer(status, body, headers=headers)


def _fault(knob: Knob) -> Answer | None:
    """What happens instead of creating."""
    if knob.status:
        answer = refused(knob.status, knob.code, knob.message)
        if knob.body:
            answer.body = knob.body
        if knob.retry_after:
            answer.headers["Retry-After"] = knob.retry_after
        answer.delay_seconds = knob.latency_seconds
        return answer
    if knob.is_reset or (knob.hang_seconds and not knob.after_create):
        return Answer(0, delay_seconds=knob.hang_seconds, is_reset=True)
    return None


def _after_create(knob: Knob, message: dict[str, Any]) -> Answer:
    """What the caller gets for a message that was made."""
    answer = Answer(201, message, delay_seconds=knob.latency_seconds)
    match knob.after_create:
        case "reset":
            answer.is_reset = True
        case "hang":
            answer.is_reset, answer.delay_seconds = True, knob.hang_seconds or 60.0
        case "500":
            answer.status, answer.body = 500, {"code": 20500, "message": "Internal Server Error"}
        case "no_sid":
            answer.body = {}
    return answer
