// SPDX-License-Identifier: MIT
// Makes each step of the sync library a point of the laboratory.
#pragma once

#include <host/user.h>

#define SYNC_POINT() host_user_pause()
