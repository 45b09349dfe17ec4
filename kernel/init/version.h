// SPDX-License-Identifier: MIT
// What zx_system_get_version() says.
#pragma once

#define JACINTH_VERSION_STRING "jacinth-0.1"
