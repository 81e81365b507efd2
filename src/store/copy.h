/* Copying a home as it stands, byte for byte, for an upgrade to keep. */
#pragma once

#include <helios/error.h>

#include "base/base.h"

/*
 * Copies everything beneath the directory but what is not the home's content (the view, scratch
 * files, backups) into a new directory to, and syncs it. Links are copied as links; what is
 * neither file, directory nor link is left out.
 */
int copy_home(int directory, const char *to, struct helios_error *error);
