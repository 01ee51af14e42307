"""The same work many times at the same instant, each time connected to the site like a request of its own."""

import threading

from tests.support.site import bench, site_name


def in_parallel(number: int, work, user: str = "Administrator", apart: float = 0.0) -> list:
	"""`work(index)` in as many threads, as `user`, each beginning `apart` seconds after the one before (0: at the same
	instant); what they returned, or raised, in their order."""
	import frappe

	results, start = [None] * number, threading.Barrier(number)

	def run(index: int):
		frappe.init(site_name(), sites_path=str(bench() / "sites"))
		frappe.connect()
		frappe.flags.in_test = True
		frappe.set_user(user)
		try:
			start.wait()
			if apart:
				threading.Event().wait(apart * index)
			results[index] = work(index)
			frappe.db.commit()
		except Exception as error:
			frappe.db.rollback()
			results[index] = error
		finally:
			frappe.destroy()

	threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	return results
