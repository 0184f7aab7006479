/* SPDX-License-Identifier: MIT
 * deferred_group.c: one deferred for a number of others that may grow.
 *
 * A group's memory is held by its users together, by each member and by the
 * deferred that it is waited by.  Once nobody is left who could hear of its
 * end, it gives its members back: those that nobody else holds die, as they
 * would have without it. */
#include <lariat/deferred_group.h>

#include "base/checks.h"
#include "base/list.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"

/* How far a group has come. */
typedef enum group_state {
  GROUP_OPEN,   /* nobody waits yet: it does not end */
  GROUP_WAITED, /* it ends with its last member */
  GROUP_ENDED
} group_state;

struct lariat_deferred_group {
  lariat_deferred deferred; /* what is waited by; the group has a reference,
                               while it is open, and, as long as it has users,
                               when it has ended */
  group_state state;
  bool cancelled;
  size_t holds; /* of the memory */
  size_t users;
  lr_list members;
  size_t count; /* of members */
  uint64_t added;
  uint64_t failures;
  lariat_value first_failure;
};

typedef struct group_member {
  lr_list node;
  lariat_deferred_group *group;
  lariat_deferred *child; /* NULL: its result has come */
  bool held;              /* `child` is a reference, not only a pointer */
} group_member;

/* ---- Memory ---- */

static void release_hold(lariat_deferred_group *group) {
  if (--group->holds > 0) return;
  (void)lariat_value_drop(group->first_failure);
  lr_free(group);
}

static void dispose_group(lariat_deferred *deferred) {
  release_hold(lr_container(deferred, lariat_deferred_group, deferred));
}

/* ---- Ends ---- */

static void note_failure(lariat_deferred_group *group, lariat_value failure) {
  group->failures++;
  if (lariat_is_none(group->first_failure))
    group->first_failure = failure;
  else
    (void)lariat_value_drop(failure);
}

static void end_if_over(lariat_deferred_group *group) {
  if (group->state != GROUP_WAITED || group->count > 0) return;
  group->state = GROUP_ENDED;
  if (group->users) group->deferred.references++;
  (void)lr_deferred_fire(&group->deferred, lariat_none());
}

/* Takes the member off its group, whose memory it still holds. */
static void remove_member(group_member *member) {
  lariat_deferred *child = member->child;
  member->child = NULL;
  lr_list_remove(&member->node);
  member->group->count--;
  if (member->held) lr_deferred_release(child);
}

static lariat_value on_result(lariat_value result, void *context) {
  group_member *member = context;
  lariat_deferred_group *group = member->group;
  remove_member(member);
  if (lariat_is_failure(result))
    note_failure(group, result);
  else
    (void)lariat_value_drop(result);
  end_if_over(group);
  return lariat_none();
}

/* Destroys the pair of a member.  When it has not run, the child is dead, or
 * its chain could not grow, which is a failure. */
static void drop_member(void *context) {
  group_member *member = context;
  lariat_deferred_group *group = member->group;
  if (member->child) {
    bool lost = member->child->references > 0;
    remove_member(member);
    if (lost) note_failure(group, lr_failure_no_memory());
    end_if_over(group);
  }
  lr_free(member);
  release_hold(group);
}

/* ---- Cancelling ---- */

/* Goes through the members that are there; callbacks run in here, and may end
 * any of them. */
static void cancel_members(lariat_deferred_group *group) {
  lr_list todo;
  lr_list *node;
  lr_list_init(&todo);
  lr_list_splice(&todo, &group->members);
  group->holds++;
  while ((node = lr_list_take_first(&todo))) {
    lr_list_append(&group->members, node);
    lr_deferred_cancel(lr_container(node, group_member, node)->child);
  }
  release_hold(group);
}

static void cancel_group(lariat_deferred_group *group) {
  if (group->cancelled || group->state == GROUP_ENDED) return;
  group->cancelled = true;
  cancel_members(group);
}

static void cancel_wait(lariat_deferred *deferred) {
  cancel_group(lr_container(deferred, lariat_deferred_group, deferred));
}

/* ---- Groups that nobody waits for ---- */

/* Keeps the deferred, which nobody holds, for those who may ask for it again,
 * or for the members, as far as they live. */
static bool abandon_group(lariat_deferred *deferred, lr_deferred_lost *lost) {
  lariat_deferred_group *group =
      lr_container(deferred, lariat_deferred_group, deferred);
  lr_list *node;
  if (group->users) return true;
  for (node = group->members.next; node != &group->members; node = node->next) {
    group_member *member = lr_container(node, group_member, node);
    if (!member->held) continue;
    member->held = false;
    lr_deferred_give_back(lost, member->child);
  }
  return group->count > 0;
}

static const lr_deferred_ops group_ops = {.dispose = dispose_group,
                                          .cancel = cancel_wait,
                                          .abandon = abandon_group,
                                          .cancel_passes_on = true};

/* ---- Life ---- */

lariat_status lariat_deferred_group_new(lariat_reactor *reactor,
                                        lariat_deferred_group **out) {
  if (!reactor || !out) return LARIAT_EINVAL;
  *out = NULL;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  lr_deferred_state *state = lr_deferred_state_of(reactor);
  lariat_deferred_group *group = state ? lr_alloc_zero(sizeof *group) : NULL;
  if (!group) return LARIAT_ENOMEM;
  lr_deferred_init_in(&group->deferred, state, &group_ops);
  group->holds = 2;
  group->users = 1;
  lr_list_init(&group->members);
  *out = group;
  return LARIAT_OK;
}

lariat_deferred_group *
lariat_deferred_group_retain(lariat_deferred_group *group) {
  if (group) group->users++;
  return group;
}

/* Lets go of the deferred: by the reference that is the group's, or, where it
 * was abandoned before, by asking once more whether it is kept. */
static void release_deferred(lariat_deferred_group *group) {
  bool waited = group->state == GROUP_WAITED;
  if (waited && group->deferred.references) return;
  if (waited) group->deferred.references++;
  if (group->state == GROUP_OPEN) group->state = GROUP_WAITED;
  lr_deferred_release(&group->deferred);
}

void lariat_deferred_group_release(lariat_deferred_group *group) {
  if (!group || --group->users > 0) return;
  release_deferred(group);
  release_hold(group);
}

/* ---- Members ---- */

static void look_for_misuse(const lariat_deferred_group *group,
                            const char *function) {
  lariat_reactor *reactor = group->deferred.state->reactor;
  if (lr_checks() && reactor) (void)lr_reactor_check(reactor, function);
}

static void refuse_member(lariat_deferred *deferred, lariat_status status) {
  if (!deferred) return;
  if (status != LARIAT_ESELF) lariat_deferred_cancel(deferred);
  lariat_deferred_forget(deferred);
}

static lariat_status check_member(const lariat_deferred_group *group,
                                  const lariat_deferred *deferred) {
  if (!deferred) {
    lr_misuse("lariat_deferred_group_add: the deferred is NULL");
    return LARIAT_EINVAL;
  }
  bool fixed = deferred->flags & LR_DEFERRED_FIXED;
  if (deferred == &group->deferred) return LARIAT_ESELF;
  if (!fixed && deferred->state != group->deferred.state) return LARIAT_EINVAL;
  if (group->cancelled) return LARIAT_ECANCELLED;
  return group->state == GROUP_ENDED ? LARIAT_ECLOSED : LARIAT_OK;
}

static void attach_member(lariat_deferred_group *group, group_member *member,
                          lariat_deferred *child) {
  *member = (group_member){.group = group, .child = child, .held = true};
  lr_list_append(&group->members, &member->node);
  group->holds++;
  group->count++;
  group->added++;
  lariat_deferred_add_callbacks_owned(child, on_result, on_result, member,
                                      drop_member);
}

lariat_status lariat_deferred_group_add(lariat_deferred_group *group,
                                        lariat_deferred *deferred) {
  if (!group) {
    lr_misuse("%s: the group is NULL", __func__);
    refuse_member(deferred, LARIAT_EINVAL);
    return LARIAT_EINVAL;
  }
  look_for_misuse(group, __func__);
  lariat_status status = check_member(group, deferred);
  group_member *member = status == LARIAT_OK ? lr_alloc(sizeof *member) : NULL;
  if (member) {
    attach_member(group, member, deferred);
    return LARIAT_OK;
  }
  refuse_member(deferred, status);
  return status == LARIAT_OK ? LARIAT_ENOMEM : status;
}

lariat_deferred *lariat_deferred_group_wait(lariat_deferred_group *group) {
  if (!group) {
    lr_misuse("%s: the group is NULL", __func__);
    return lr_deferred_failed_reserve(NULL);
  }
  look_for_misuse(group, __func__);
  if (group->state != GROUP_OPEN) {
    group->deferred.references++;
    return &group->deferred;
  }
  group->state = GROUP_WAITED;
  end_if_over(group);
  return &group->deferred;
}

void lariat_deferred_group_cancel(lariat_deferred_group *group) {
  if (!group) return;
  look_for_misuse(group, __func__);
  cancel_group(group);
}

/* ---- Readers ---- */

size_t lariat_deferred_group_members(const lariat_deferred_group *group) {
  return group ? group->count : 0;
}

uint64_t lariat_deferred_group_added(const lariat_deferred_group *group) {
  return group ? group->added : 0;
}

uint64_t lariat_deferred_group_failures(const lariat_deferred_group *group) {
  return group ? group->failures : 0;
}

lariat_value
lariat_deferred_group_first_failure(const lariat_deferred_group *group) {
  return group ? group->first_failure : lariat_none();
}
