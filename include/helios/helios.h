/* Everything a program may use of the Helios library. */
#pragma once

#include <helios/error.h>
#include <helios/home.h>
#include <helios/op.h>
