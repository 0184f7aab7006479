/* SPDX-License-Identifier: MIT
 * entry.h: a request made ready to be sent: its bytes, its server, and where it
 * has variables. */
#ifndef LOAD_ENTRY_H
#define LOAD_ENTRY_H

#include "requests.h"

/* Makes the entry of a request, and the template in the extra, with bytes in
 * `arena`.  Statuses as those of lariat_load_requests_add. */
lariat_status lr_load_entry_make(lariat_load_requests *requests,
                                 const lariat_load_request *request,
                                 lr_load_arena *arena, lr_load_made *made,
                                 lariat_load_error *error);

#endif
