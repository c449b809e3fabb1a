// SPDX-License-Identifier: GPL-3.0-or-later
/* markdown: text of a lesson as rows, and as HTML: headings, lists, quotes, tables, fenced code as it stands;
 * **bold**, *emphasis*, `code` and [links](of which the words are shown). Anything else is text. Knows no
 * terminal. */
#pragma once

#include "base/buf.h"
#include "view/row.h"

#define MARKDOWN_STRONG  STYLE_STATE
#define MARKDOWN_CODE    STYLE_OUT
#define MARKDOWN_HEADING STYLE_STATE

/* Appends the rows, wrapped at blanks; an empty line separates paragraphs. `indent`: blanks before each. */
void markdown_layout(const char *text, int indent, int columns, enum style style,
                     struct rows *rows);

/* Appends code: a row for each line, a longer one cut into several. */
void markdown_code(const char *text, int indent, int columns, enum style style, struct rows *rows);

/* Appends HTML: a heading is <h3>. What is markup in the text is text there. */
void markdown_html(const char *text, struct buf *out);

/* Only what is within paragraphs, all of them as one: the text of a question, of a choice. */
void markdown_html_words(const char *text, struct buf *out);

/* Code, in a <pre>. */
void markdown_html_code(const char *text, struct buf *out);
