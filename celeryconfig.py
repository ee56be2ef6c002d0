"""Celery settings: data only. Each has its reason; a message is only a wake-up.

The broker's address and its transport options are chosen in workers/app.py from BROKER_URL.
"""

from datetime import UTC, datetime

# Three pools that never wait for each other, each with one plain queue: named exchanges vanish
# with a FLUSHALL, priorities are separate lists that starve.
task_routes = {
    "converse.turns": {"queue": "converse"},
    "dispatch.messages": {"queue": "dispatch"},
    "sweep.*": {"queue": "clock"},
}
task_create_missing_queues = True
task_queue_max_priority = None

# A wake-up carries no result, no body and no number.
task_ignore_result = True
result_backend = None
task_store_errors_even_if_ignored = False
task_serializer = "json"
accept_content = ["json"]
timezone = "UTC"

# The wake-up survives a worker's crash; the database row, not the message, carries the work.
task_acks_late = True
task_reject_on_worker_lost = True
task_acks_on_failure = True
task_acks_on_timeout = True

# A drain ends after 20 s, its last turn after the turn limit (30 s), and a database that is away is
# waited for (45 s): 120 s is a hang. A soft limit raises inside COMMIT and leaves a committed
# transaction that Python saw fail.
task_time_limit = 120
task_soft_time_limit = None

# One wake-up at a time per process: others would wait behind a slow turn while workers idle.
worker_prefetch_multiplier = 1
worker_enable_prefetch_count_reduction = False

# Brokers restart. Never give up on them, and never kill a send in flight because one did.
broker_connection_retry_on_startup = True
broker_connection_retry = True
broker_connection_max_retries = None
broker_channel_error_retry = True
broker_connection_timeout = 3
broker_pool_limit = 10
worker_cancel_long_running_tasks_on_connection_loss = False
task_publish_retry = True
task_publish_retry_policy = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}

# Health is a heartbeat row in the database; remote control only adds ways to fail on reconnect.
worker_enable_remote_control = False
worker_send_task_events = False
task_send_sent_event = False
worker_soft_shutdown_timeout = 0.0
worker_proc_alive_timeout = 30
worker_max_memory_per_child = 300_000
worker_deduplicate_successful_tasks = False

# A message that Celery cannot read must not come back for ever.
worker_consumer = "workers.consumer:Consumer"

# Logs are ours (pipeline/logs.py).
worker_hijack_root_logger = False
worker_redirect_stdouts = False

# The clock. Intervals of seconds need no memory of the last run, so no schedule file; a wake-up
# nobody received in time is stale. Due by a monotonic clock: workers/beat.py.
beat_scheduler = "workers.beat:SteadyScheduler"
beat_schedule = {
    "wake workers for waiting work": {
        "task": "sweep.wake",
        "schedule": 2.0,
        "options": {"expires": 4.0},
    },
    "move due timers": {
        "task": "sweep.due_timers",
        "schedule": 1.0,
        "options": {"expires": 4.0},
    },
    "add up the counts": {
        "task": "sweep.tidy",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "park floods": {
        "task": "sweep.floods",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "pull missed inbound messages": {
        "task": "sweep.pull",
        "schedule": 60.0,
        # At once, whenever the clock starts: after an outage of everything nobody waits a minute,
        # and the watermark is set when Parley is installed.
        "last_run_at": datetime(1970, 1, 1, tzinfo=UTC),
        "options": {"expires": 60.0},
    },
    "prune what is settled": {
        "task": "sweep.prune",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
}

# By the broker's URL scheme; "" is the embedded broker.
transport_options: dict[str, dict[str, object]] = {
    "": {
        # 0.05 s instead of one second: a message crosses in 30 ms, an idle worker costs under 1 %.
        "polling_interval": 0.05,
    },
    "redis": {
        # At least twice the time limit: what is unacknowledged longer runs again.
        "visibility_timeout": 240,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # Without time-outs a publish to a silent Redis hangs for ever.
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "retry_on_timeout": False,
        "priority_steps": [0],
        "global_keyprefix": "parley:",
    },
    "amqp": {
        # Without confirms a publish is fire and forget.
        "confirm_publish": True,
        "socket_timeout": 10,
    },
}
