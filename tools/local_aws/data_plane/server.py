"""The embedded AWS's data plane: serves the applied deployment over HTTP."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from local_aws.apigateway.access_log import AccessLog
from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.gateway import Gateway, Live
from local_aws.apigateway.journal import Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.apigateway.routing import Router, TrailingSlash
from local_aws.awslambda.archives import keep_only
from local_aws.awslambda.environment import Environment, InitError, View
from local_aws.awslambda.host import Host
from local_aws.awslambda.mounts import can_mount
from local_aws.awslambda.packages import folders_of
from local_aws.awslambda.pool import Pool
from local_aws.awslambda.runtime_folder import make_runtime_folder, with_sdk
from local_aws.cloudwatch.dashboard import applied_dashboard
from local_aws.cloudwatch.local_run import LocalRun
from local_aws.data_plane.direct_invocations import DirectInvocations
from local_aws.data_plane.initialisations import Initialisations
from local_aws.data_plane.memory import giving_back
from local_aws.data_plane.open_files import allow_many_open_files
from local_aws.data_plane.reader import read_deployment, read_function
from local_aws.iam import calls
from local_aws.iam.credentials import Credentials, RoleCredentials
from local_aws.logs.delivery import Deliver, LogDelivery
from local_aws.model.deployment import Archive, Deployment, Function, InitializationType
from local_aws.model.observed import Observed
from local_aws.page.admin import Admin
from local_aws.page.alarms_view import AlarmsView
from local_aws.page.dashboard_view import DashboardView
from local_aws.peers import is_own
from local_aws.same_origin import bearing
from local_aws.xray.daemon import Daemon, Traces

SWITCH_INTERVAL = 0.0005  # seconds
CONCURRENCY = 4  # environments of a function at a time


class DataPlane:
    """Serves the API at `url`, and its own interface at `admin_url`, while the `async with` block runs.

    `environment` holds the control plane's AWS_* variables; `work` takes the unpacked zips, the environments' folders
    and `logs/<function>.jsonl`. Only those files remain when the block ends. `read`, `assume` and `deliver`
    replace the control plane in tests; `mountable` returns whether environments get mounts of their own.

    Raises:
        DeploymentError: on entering, if the applied deployment cannot be served.
        OSError: on entering, when the port is taken.
    """

    url: str
    admin_url: str

    def __init__(
        self,
        environment: Mapping[str, str],
        work: Path,
        port: int = 0,
        *,
        trailing_slash: TrailingSlash = TrailingSlash.SIGNIFICANT,
        preflight: Preflight = Preflight.GATEWAY,
        read: Callable[[Mapping[str, str]], Deployment] = read_deployment,
        assume: Callable[[str, str], Credentials] | None = None,
        deliver: Deliver | None = None,
        mountable: Callable[[Path], bool] = can_mount,
    ) -> None:
        self._environment = environment
        self._work = work.resolve()
        self._port = port
        self._trailing_slash = trailing_slash
        self._preflight = preflight
        self._read = read
        self._assume = assume
        self._deliver = deliver
        self._mountable = mountable
        self._traces = Traces()
        self._journal = Journal()
        self._deploying = asyncio.Lock()
        self._retiring: dict[asyncio.Task[None], Pool] = {}
        self._direct = DirectInvocations(
            live=lambda: self._gateway.live,
            read=partial(read_function, environment),
            start=self._pool,
            retire=self._begin_to_retire,
            changing=self._deploying,
        )
        self._initialisations = Initialisations(partial(read_function, environment), self._launcher, self._deploying)

    async def __aenter__(self) -> Self:
        allow_many_open_files()
        async with AsyncExitStack() as stack:
            # Threads deliver logs. The event loop must not wait the usual 5 ms for the interpreter lock.
            sys.setswitchinterval(SWITCH_INTERVAL)
            # Leftovers of a killed data plane.
            shutil.rmtree(self._work / "environments", ignore_errors=True)
            await stack.enter_async_context(giving_back())
            daemon = await stack.enter_async_context(Daemon(self._traces))
            deliver = self._deliver or (await stack.enter_async_context(LogDelivery.to(self._environment))).put
            self._host = Host(
                work=self._work,
                runtime=await asyncio.to_thread(make_runtime_folder, self._work / "runtime"),
                endpoint=self._environment["AWS_ENDPOINT_URL"],
                credentials=self._assume or RoleCredentials(self._environment).assume,
                deliver=deliver,
                xray_daemon=daemon.address,
                traces=self._traces,
                mounts=await asyncio.to_thread(self._mountable, self._work),
            )
            self._gateway = Gateway(await self._live(()), self._journal)
            stack.push_async_callback(self._end)
            self.url = (await stack.enter_async_context(LoopbackServer(self._gateway, self._port))).url
            admin = Admin(
                api=self.url,
                functions=self._functions,
                journal=self._journal,
                traces=self._traces,
                calls=self._work / calls.FILE,
                deploy=self.deploy,
                invoke=self._direct.respond,
                initialise=self._initialisations.respond,
                alarms=AlarmsView(self._environment),
                observed=self._observed,
                dashboard=DashboardView(
                    partial(applied_dashboard, self._environment),
                    LocalRun(self._observed),
                ),
                token=self._environment["AWS_SECRET_ACCESS_KEY"],
            )
            self.admin_url = (await stack.enter_async_context(LoopbackServer(admin.app(), serves=is_own))).url
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def authorization(self) -> dict[str, str]:
        """The header that every POST to `admin_url` needs: this run's AWS_SECRET_ACCESS_KEY as a bearer token."""
        return bearing(self._environment["AWS_SECRET_ACCESS_KEY"])

    async def deploy(self) -> None:
        """Read the deployment again, and send new requests to it. Running requests are not affected.

        An unchanged function keeps its environments; those of a changed one finish their running invocations.

        Raises:
            DeploymentError: The deployment cannot be served; the previous one still is.
        """
        async with self._deploying:
            old = self._gateway.live
            self._gateway.live = await self._live(old.versions())
            kept = [pool for _, pool in self._gateway.live.versions()]
            for _, pool in old.versions():
                if pool not in kept:
                    self._begin_to_retire(pool)

    def _begin_to_retire(self, pool: Pool) -> None:
        self._retiring[asyncio.create_task(self._retire(pool))] = pool

    async def _retire(self, pool: Pool) -> None:
        await pool.drain()
        async with self._deploying:
            self._retiring = {task: other for task, other in self._retiring.items() if other is not pool}
            if not self._retiring:  # No environment uses the folders of earlier versions any more.
                functions = [function for function, _ in self._functions()]
                code = [[function.code] for function in functions if isinstance(function.code, Archive)]
                layers = [function.layers for function in functions]
                await asyncio.to_thread(keep_only, self._work / "code", code)
                await asyncio.to_thread(keep_only, self._work / "layers", layers)

    def _functions(self) -> list[tuple[Function, list[View]]]:
        live = self._gateway.live
        routed = [(function, pool.environments()) for function, pool in live.versions()]
        return [*routed, *self._direct.functions()]

    def _observed(self) -> Observed:
        return Observed.of(self._gateway.live.deployment, self._work)

    async def _live(self, keep: Sequence[tuple[Function, Pool]]) -> Live:
        deployment = await asyncio.to_thread(self._read, self._environment)

        async def pool_of(function: Function) -> Pool:
            kept = next((pool for other, pool in keep if other == function), None)
            return await self._pool(function) if kept is None else kept

        pools = {arn: await pool_of(function) for arn, function in deployment.functions.items()}
        shifted = {arn: await pool_of(shift.function) for arn, shift in deployment.shifts.items()}
        api = deployment.api
        group, stream = api.access_log_group, f"{api.id}/{api.stage}"
        return Live(
            deployment=deployment,
            router=Router(deployment.routes, self._trailing_slash),
            pools=pools,
            shifted=shifted,
            access_log=AccessLog(self._work / "logs", group, stream, self._host.deliver) if group else None,
            preflight=self._preflight,
        )

    async def _launcher(self, function: Function) -> Callable[[InitializationType], Awaitable[Environment]]:
        task, opt = await asyncio.to_thread(folders_of, function, self._work)
        host = self._host
        if isinstance(function.code, Archive) and not function.layers:
            host = replace(host, runtime=await asyncio.to_thread(with_sdk, host.runtime))
        return partial(Environment.launch, function, task, opt, host)

    async def _pool(self, function: Function) -> Pool:
        pool = Pool(
            await self._launcher(function),
            timeout=function.timeout,
            concurrency=CONCURRENCY,
            reserved=function.reserved_concurrency,
            provisioned=min(function.provisioned_concurrency, CONCURRENCY),
            snap_start=function.snap_start,
        )
        with contextlib.suppress(InitError):  # The function's log has the reason, and requests try again.
            await pool.prepare()
        return pool

    async def _end(self) -> None:
        tasks = set(self._retiring)
        serving = [pool for _, pool in self._gateway.live.versions()]
        for pool in (*serving, *self._direct.pools, *self._retiring.values()):
            await pool.close()
        if tasks:
            await asyncio.wait(tasks)
