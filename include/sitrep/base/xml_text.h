/* SPDX-License-Identifier: ISC */
/* xml_text.h: text as it may stand in an XML document. */
#ifndef SITREP_BASE_XML_TEXT_H
#define SITREP_BASE_XML_TEXT_H

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Text with & < > " escaped as XML references (' too), fit for content and attribute values.  Bytes that
 * XML 1.0 does not allow and invalid UTF-8 become U+FFFD: whatever comes in, the document stays well-formed. */
int buf_add_xml(struct buf *b, struct str s);
/*  name="value" with a space before it; nothing when value is empty. */
int buf_add_xml_attribute(struct buf *b, const char *name, struct str value);

#endif
