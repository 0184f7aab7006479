/* SPDX-License-Identifier: MIT
 * All of lariat's public headers. */
#ifndef LARIAT_LARIAT_H
#define LARIAT_LARIAT_H

#include <lariat/address.h>
#include <lariat/allocator.h>
#include <lariat/attempt.h>
#include <lariat/await.h>
#include <lariat/body.h>
#include <lariat/byte_stream.h>
#include <lariat/checks.h>
#include <lariat/client.h>
#include <lariat/clock.h>
#include <lariat/cookies.h>
#include <lariat/cooperator.h>
#include <lariat/coroutine.h>
#include <lariat/coroutine_client.h>
#include <lariat/debugging.h>
#include <lariat/deferred.h>
#include <lariat/deferred_group.h>
#include <lariat/deferred_list.h>
#include <lariat/failure.h>
#include <lariat/file_lock.h>
#include <lariat/gather.h>
#include <lariat/h1_parser.h>
#include <lariat/h1_request.h>
#include <lariat/histogram.h>
#include <lariat/later.h>
#include <lariat/lock.h>
#include <lariat/log.h>
#include <lariat/looping_call.h>
#include <lariat/metrics.h>
#include <lariat/observer.h>
#include <lariat/pool.h>
#include <lariat/program.h>
#include <lariat/queue.h>
#include <lariat/race.h>
#include <lariat/react.h>
#include <lariat/reactor.h>
#include <lariat/resolver.h>
#include <lariat/response.h>
#include <lariat/retry.h>
#include <lariat/semaphore.h>
#include <lariat/sink.h>
#include <lariat/status.h>
#include <lariat/stream.h>
#include <lariat/thread_call.h>
#include <lariat/trigger.h>
#include <lariat/upload.h>
#include <lariat/url.h>
#include <lariat/value.h>
#include <lariat/version.h>
#include <lariat/winner.h>

#endif
