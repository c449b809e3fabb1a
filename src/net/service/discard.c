// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

const struct service service_discard = {
	.name = "discard",
	.help = "reads and drops (RFC 863)",
	.data = service_drop,
};
