// SPDX-License-Identifier: MIT
// Priority inheritance beyond mutexes: a pi_queue stands for something that threads (its members)
// wait for and that one thread (its owner) is to deliver. The owner runs at least at the priority of
// the highest member, and so does whoever the owner waits for in turn, along chains of pi_queues and
// mutexes. Mutexes do the same by themselves.
//
// All of it happens under the priority-inheritance lock of mutex.c, a spinlock, for a bounded time:
// nothing here depends on how many members or queues there are, and a chain is followed for
// PI_CHAIN_MAX steps. The caller sees to it that joining, leaving and the queue's end do not race.
#pragma once

#include <hal/types.h>
#include <sched/thread.h>

// Threads that a change of priority is passed on along. Programs can build longer chains; beyond,
// priorities stay as they were.
#define PI_CHAIN_MAX 64u

// Locks: [P] the priority-inheritance lock.
struct pi_queue {
    struct thread *owner;         // [P] NULL: nobody inherits
    struct list_node owned_node;  // [P] in owner->pi_owned
    uint8_t given;                // [P] 1 + the priority that the owner counts for it, 0: none
    struct pi_counts members;     // [P] by the priority they were last seen with
};

void pi_queue_init(struct pi_queue *q);

// Makes `t` a member. A thread is a member of one queue at most, and joins it itself or is blocked.
void pi_queue_join(struct pi_queue *q, struct thread *t);
// Ends the membership of `t`.
void pi_queue_leave(struct pi_queue *q, struct thread *t);

// Makes `owner` the owner, NULL for none. A thread that has passed pi_thread_gone() becomes none.
void pi_queue_set_owner(struct pi_queue *q, struct thread *owner);
// read(owner), or 0 without an owner; the thread does not go away meanwhile.
uint64_t pi_queue_read_owner(struct pi_queue *q, uint64_t (*read)(struct thread *owner));

// `t` ends, or was never started and is about to be freed: it owns nothing any more.
void pi_thread_gone(struct thread *t);
