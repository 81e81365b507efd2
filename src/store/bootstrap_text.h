/* The texts a new home begins with. */
#pragma once

extern const char bootstrap_base[], bootstrap_welcome[], bootstrap_settings[],
	bootstrap_gitignore[];
