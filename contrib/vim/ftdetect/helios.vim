" Base and personas of Helios: in the home, in its view, and in 'helios edit'.
autocmd BufRead,BufNewFile */.helios/base/*.yaml,*/.helios/personas/*.yaml setlocal filetype=yaml.helios
autocmd BufRead,BufNewFile */.helios/view/*/*.yaml,*/helios-??????/*.yaml setlocal filetype=yaml.helios
