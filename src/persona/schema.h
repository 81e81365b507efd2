/*
 * What a base and a persona may hold beyond being valid YAML (DESIGN.md section 2 and 3), and
 * what a persona may be called (section 1). Pure; relies on yaml/.
 */
#pragma once

#include <helios/error.h>

#include "yaml/yaml.h"

/* Checks one parsed base: kinds, ranges, merge:, no !override. 0 or a negative errno. */
int schema_check_base(const struct document *document, struct helios_error *error) must_use;

/* Checks one parsed persona. What lies between files (parents, locks) is not looked at. */
int schema_check_persona(const struct document *document, struct helios_error *error) must_use;

/* Checks a text saved through the resolved view: no merge:, no tag. */
int schema_check_view(const struct document *document, struct helios_error *error) must_use;

/*
 * Checks what lies on top of a persona, a project's or a temporary overlay: control keys, merge:
 * and inherits_from are refused. root may be part of a document; file is named in messages.
 */
int schema_check_on_top(const struct node *root, const char *file,
			struct helios_error *error) must_use;

/* The rules for persona names of DESIGN.md section 1. 0 or -EINVAL (HELIOS_BAD_NAME). */
int schema_check_name(const char *name, struct helios_error *error) must_use;

/*
 * What inherits_from names: a persona's name, or NULL for the base and for none. root may be
 * NULL. Borrowed.
 */
const char *schema_parent(const struct node *root);

/* name description version created updated author inherits_from: never blended. */
bool schema_is_metadata(const char *key);

/* base_importance, specialization_level. */
bool schema_is_control(const char *key);
