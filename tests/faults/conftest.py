"""What goes wrong on the way, on a real site."""

from tests.support import site

site.enter_sites_folder()
