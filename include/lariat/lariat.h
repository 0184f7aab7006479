/* SPDX-License-Identifier: MIT
 * All of lariat's public headers. */
#ifndef LARIAT_LARIAT_H
#define LARIAT_LARIAT_H

#include <lariat/allocator.h>
#include <lariat/await.h>
#include <lariat/checks.h>
#include <lariat/client.h>
#include <lariat/clock.h>
#include <lariat/cooperator.h>
#include <lariat/coroutine.h>
#include <lariat/deferred.h>
#include <lariat/errand.h>
#include <lariat/failure.h>
#include <lariat/gather.h>
#include <lariat/later.h>
#include <lariat/looping_call.h>
#include <lariat/pool.h>
#include <lariat/program.h>
#include <lariat/react.h>
#include <lariat/reactor.h>
#include <lariat/response.h>
#include <lariat/status.h>
#include <lariat/trigger.h>
#include <lariat/value.h>
#include <lariat/version.h>

#endif
