/**
 * The calls of a form that pays several documents by one payment. The request names each of them with its amount; a lost answer
 * is asked for by the first.
 */

import { Api } from "./api.js";

export class SeveralApi extends Api {
	constructor(adapter, documents) {
		super(adapter, documents[0]);
		this.documents = documents;
	}

	open_form() {
		return this.call("pay.open_form_for_several", {
			documents: JSON.stringify(
				this.documents.map(({ doctype, name }) => ({ doctype, name }))
			),
		});
	}

	/** `documents` are those that the form shows, each with its amount; their sum is the server's to make. */
	pay({ documents, ...request }) {
		const [{ doctype, name }] = documents;
		this.document = { doctype, name };
		delete request.amount;
		return this.call("pay.pay_several", { ...request, documents: JSON.stringify(documents) });
	}
}
