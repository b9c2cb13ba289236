/* SPDX-License-Identifier: ISC */
/* xml_text.h: escapes text for XML. */
#ifndef SITREP_BASE_XML_TEXT_H
#define SITREP_BASE_XML_TEXT_H

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends s with & < > " ' as references, for content and attribute values.  Characters that XML 1.0 does not allow and
 * invalid UTF-8 become U+FFFD, so that the document is well-formed for any input.  0 or b's failure. */
int buf_add_xml(struct buf *b, struct str s);
/* Appends ` name="value"`, or nothing when value is empty. */
int buf_add_xml_attribute(struct buf *b, const char *name, struct str value);

#endif
