/** What a text rests on: each document once, with the numbers of its passages; a number shows its passage. */

export interface Source {
  readonly number: number;
  readonly title: string;
  /** Where in the document. */
  readonly place: string;
  readonly text: string;
}

interface Properties {
  readonly sources: readonly Source[];
  /** The number of the passage that is shown. */
  readonly shown: number | null;
  readonly onShow: (number: number | null) => void;
}

export function Sources({ sources, shown, onShow }: Properties) {
  if (!sources.length) return null;
  const passage = sources.find(({ number }) => number === shown);
  const titles = [...new Set(sources.map(({ title }) => title))];
  return (
    <div class="sources">
      <ul aria-label="Sources">
        {titles.map((title) => (
          <li key={title}>
            {sources
              .filter((source) => source.title === title)
              .map(({ number }) => (
                <button
                  key={number}
                  type="button"
                  aria-expanded={shown === number}
                  aria-label={`Source ${number}: ${title}`}
                  onClick={() => onShow(shown === number ? null : number)}
                >
                  {number}
                </button>
              ))}
            <span dir="auto">{title}</span>
          </li>
        ))}
      </ul>
      {passage && (
        <blockquote dir="auto" tabIndex={0}>
          {passage.place && (
            <b>
              {passage.place}
              {'\n'}
            </b>
          )}
          {passage.text}
        </blockquote>
      )}
    </div>
  );
}
