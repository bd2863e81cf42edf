/// The filter above the table of flows. Its form stays hidden until the script shows it.
enum HTMLFilter {
    static let form = """
        <form class="filter" id="filter" hidden>
        <label>Show <select id="filter-verdict"><option value="">all verdicts</option><option>fail</option>\
        <option>warn</option><option>unknown</option><option>info</option><option>ok</option></select></label>
        <label>with <input id="filter-text" type="search" title="an address, an AOR, a word"></label>
        <output id="filter-count"></output>
        </form>

        """

    static let script = """

        addEventListener('DOMContentLoaded', () => {
          const byId = id => document.getElementById(id);
          const form = byId('filter');
          if (!form) return;
          const rows = Array.from(document.querySelectorAll('#flows tbody tr'));
          const apply = () => {
            const verdict = byId('filter-verdict').value, text = byId('filter-text').value.toLowerCase();
            let shown = 0;
            for (const row of rows) {
              const fits = (!verdict || row.dataset.verdict === verdict) && row.textContent.toLowerCase().includes(text);
              row.hidden = !fits;
              if (fits) shown += 1;
            }
            byId('filter-count').textContent = shown + ' of ' + rows.length;
          };
          form.hidden = false;
          form.addEventListener('input', apply);
          form.addEventListener('submit', event => event.preventDefault());
          apply();
        });

        """
}
