// SPDX-License-Identifier: MIT
#pragma once
#include <minilib/string.h>
