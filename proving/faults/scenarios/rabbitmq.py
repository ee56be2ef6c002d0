"""The broker, second part: RabbitMQ stopped, killed, cut in mid-sentence, out of memory."""

import time

from proving.faults.run import Run
from proving.faults.scenario import RABBITMQ, Group
from proving.faults.scenarios.broker import answered_at_once, at_work, goes_on
from proving.faults.traffic import numbered

scenario = Group("broker", [])


@scenario("F14 rabbitmq stopped", needs_counting_bot=True, kinds=(RABBITMQ,))
def stopped(run: Run) -> None:
    """RabbitMQ's application is stopped and started: it says goodbye to every link."""
    run.start()
    at_work(run)
    with run.traffic.meanwhile(numbered(run.fake_contacts(20), 8), every_seconds=0.5):
        run.servers.rabbitmq.control("stop_app")
        run.record("stopped rabbitmq")
        time.sleep(2)
        run.servers.rabbitmq.control("start_app")
    answered_at_once(run)
    goes_on(run)


@scenario("F14 rabbitmq killed", needs_counting_bot=True, kinds=(RABBITMQ,))
def killed(run: Run) -> None:
    """RabbitMQ is killed and started again."""
    run.start()
    at_work(run)
    with run.traffic.meanwhile(numbered(run.fake_contacts(20), 8), every_seconds=0.5):
        run.servers.rabbitmq.kill()
        run.record("killed rabbitmq")
        run.servers.rabbitmq.start()
    answered_at_once(run)
    goes_on(run)


@scenario("F14 rabbitmq cut in mid-sentence", kinds=(RABBITMQ,), is_quick=True)
def cut(run: Run) -> None:
    """Every link to RabbitMQ breaks after so many bytes, a publish half said; again and again."""
    broker = run.proxy("BROKER_URL")
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(20), 8), every_seconds=0.5):
        for _ in range(8):
            broker.cut_after(run.draw.randrange(1, 900))
            run.record("cut rabbitmq")
            time.sleep(0.5)
    broker.heal()
    answered_at_once(run)
    goes_on(run)


@scenario("F14 rabbitmq out of memory", needs_counting_bot=True, kinds=(RABBITMQ,))
def out_of_memory(run: Run) -> None:
    """RabbitMQ's memory alarm blocks all publishers, for 8 s."""
    run.start()
    at_work(run)
    try:
        run.servers.rabbitmq.control("set_vm_memory_high_watermark", "0.0001")
        run.record("memory alarm")
        run.traffic.send_all(numbered(run.fake_contacts(10), 8), every_seconds=1.0)
    finally:
        run.servers.rabbitmq.control("set_vm_memory_high_watermark", "0.6")
    answered_at_once(run)
    goes_on(run)
