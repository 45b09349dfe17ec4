// SPDX-License-Identifier: MIT
// What the tests of accounts share.
#pragma once

#include "../sched/sched_test.h"

#include <account/account.h>

TEST_GROUP(model);
TEST_GROUP(race);
