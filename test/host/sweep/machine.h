// SPDX-License-Identifier: MIT
// What goes over all calls in the laboratory needs around it.
#pragma once

// Inside a scenario: fills call_env, makes the windows, runs fn(arg), and takes all of it away.
void machine_with_env(void (*fn)(void *arg), void *arg);

struct call_info;
// A sweep (calls/sweeps.h): each handle argument bad, with a policy that makes it an exception.
void sweep_policy(const struct call_info *call);
