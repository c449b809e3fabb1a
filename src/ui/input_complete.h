// SPDX-License-Identifier: GPL-3.0-or-later
/* input_complete: TAB: what readline asks is asked of the hooks, and several answers are shown by
 * them. Part of input: nobody else includes it. */
#pragma once

#include "ui/input.h"

/* Before readline is initialised. The hooks are borrowed for good. */
void input_complete_start(const struct input_hooks *hooks);
