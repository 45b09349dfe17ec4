// SPDX-License-Identifier: MIT
// For libfdt in the kernel: it includes this header, and without its overlay code uses nothing of it.
#pragma once
