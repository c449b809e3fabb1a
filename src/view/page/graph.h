// SPDX-License-Identifier: GPL-3.0-or-later
/* graph: one quantity of a TCP connection over time, as rows of characters or as an SVG drawing,
 * from the kernel's samples and, where there is a wire, from its frames. What was measured is a
 * point. A line says something of the time between: thin, that the value was the same in two
 * samples, or held until the next segment; thick, the mean between two samples. Nothing else is
 * joined up. Knows no session. */
#pragma once

#include "view/row.h"
#include "view/view.h"

/* The names, as a usage lists them, in the order of enum graph_kind. */
#define GRAPH_NAMES "cwnd|rtt|window|rate|sequence"

enum graph_kind { GRAPH_CWND, GRAPH_RTT, GRAPH_WINDOW, GRAPH_RATE, GRAPH_SEQUENCE, GRAPH_KINDS };

struct graph {
	const struct view *view; /* its transcript, session and first wire end count */
	enum graph_kind kind;
	const char *name;      /* of the session */
	struct endpoint local; /* its own end; AF_UNSPEC where it is not known */
	bool loopback;         /* both ends are this machine's, and nothing is between them */
};

/* Appends rows of this width; where `height` allows it, all of them are seen at once. Looks at the
 * newest GRAPH_LOOK entries of the session and of its wire end. */
enum { GRAPH_LOOK = 6000, GRAPH_LOOK_FILE = 200000 };
void graph_draw(const struct graph *graph, int columns, int height, struct rows *rows);

/* False with errno where the file cannot be written. *points is the number drawn. */
bool graph_write_svg(const struct graph *graph, FILE *file, size_t *points);

/* The same within an HTML page, where there are at least so many points; else nothing, and false. The
 * page has the rules; its custom properties --ink, --faint, --grid, --in, --second, --out and --bad are
 * the colours. */
extern const char graph_page_style[];
bool graph_append_html(const struct graph *graph, size_t least, struct buf *out);
